from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "dingke.library"
    label = "library"
