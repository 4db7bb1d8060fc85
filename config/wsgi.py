import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.pop("LINLI_REACH", None)  # pages show cases to whom they concern, see complaints.wall
application = get_wsgi_application()
