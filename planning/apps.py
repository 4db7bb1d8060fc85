from django.apps import AppConfig


class PlanningApp(AppConfig):
    name = "planning"
