from django.apps import AppConfig


class QualificationConfig(AppConfig):
    name = "dingke.qualification"
    label = "qualification"
