from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "dingke.core"
    label = "core"
