from django.conf import settings
from django.urls import path

from dingke.core import views

app_name = "core"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancel/", views.cancel_job, name="cancel_job"),
]
if settings.DEBUG:
    urlpatterns.append(path("style/", views.style, name="style"))
