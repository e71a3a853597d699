from django.urls import path

from dingke.core.importing import views

app_name = "imports"
urlpatterns = [
    path("", views.runs, name="list"),
    path("new/", views.new, name="new"),
    path("templates/<str:target>/", views.template, name="template"),
    path("<int:run_id>/", views.run, name="run"),
    path("<int:run_id>/setup/", views.setup_run, name="setup"),
    path("<int:run_id>/files/<int:file_id>/", views.file, name="file"),
    path("<int:run_id>/check/", views.check, name="check"),
    path("<int:run_id>/trial/", views.trial, name="trial"),
    path("<int:run_id>/start/", views.start, name="start"),
    path("<int:run_id>/continue/", views.go_on, name="continue"),
    path("<int:run_id>/undo/", views.undo, name="undo"),
    path("<int:run_id>/discard/", views.discard, name="discard"),
    path("<int:run_id>/failures/", views.failures, name="failures"),
    path("<int:run_id>/files/<int:file_id>/failed.<str:kind>", views.failed_rows, name="failed_rows"),
]
