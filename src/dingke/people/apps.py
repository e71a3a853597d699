from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "dingke.people"
    label = "people"
