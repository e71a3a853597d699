from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "dingke.config"
    label = "config"

    def ready(self) -> None:
        from dingke.config import wiring

        wiring.install()
