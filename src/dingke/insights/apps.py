from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "dingke.insights"
    label = "insights"
