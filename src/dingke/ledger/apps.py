from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "dingke.ledger"
    label = "ledger"
