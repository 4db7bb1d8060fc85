from django.apps import AppConfig


class SupervisionApp(AppConfig):
    name = "supervision"
