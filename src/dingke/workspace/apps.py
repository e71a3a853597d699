from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "dingke.workspace"
    label = "workspace"
