from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffApp(AppConfig):
    name = "staff"
    verbose_name = _("street and people")
