from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "dingke.approvals"
    label = "approvals"
