from django.urls import path

from dingke.config.life import views

app_name = "system"
urlpatterns = [
    path("", views.status, name="status"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry"),
    path("jobs/<int:job_id>/give-up/", views.give_up, name="give_up"),
]
