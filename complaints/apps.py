from django.apps import AppConfig


class ComplaintsApp(AppConfig):
    name = "complaints"
