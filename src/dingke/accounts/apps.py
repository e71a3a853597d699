from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "dingke.accounts"
    label = "accounts"
