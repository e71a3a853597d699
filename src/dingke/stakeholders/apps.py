from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    name = "dingke.stakeholders"
    label = "stakeholders"
