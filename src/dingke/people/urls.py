from django.urls import path

from dingke.people import views

app_name = "people"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("preferences/", views.preferences, name="preferences"),
]
