from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionApp(AppConfig):
    name = "supervision"
    verbose_name = _("supervision")
