from django.apps import AppConfig


class StaffApp(AppConfig):
    name = "staff"
