from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesApp(AppConfig):
    name = "services"
    verbose_name = _("services and time limits")
