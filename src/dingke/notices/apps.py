from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "dingke.notices"
    label = "notices"
