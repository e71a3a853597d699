from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "dingke.pipeline"
    label = "pipeline"
