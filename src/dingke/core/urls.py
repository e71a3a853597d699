from django.conf import settings
from django.urls import path

from dingke.core import views
from dingke.core.views import audit as audit_views
from dingke.core.views import settings as settings_views

app_name = "core"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancel/", views.cancel_job, name="cancel_job"),
    path("settings/", settings_views.index, name="settings"),
    path("settings/lists/", settings_views.every_list, name="lists"),
    path("settings/lists/<slug:code>/", settings_views.one_list, name="list"),
    path("settings/lists/items/<int:item_id>/", settings_views.list_item, name="list_item"),
    path("settings/lists/items/<int:item_id>/move/", settings_views.move_list_item, name="move_list_item"),
    path("settings/fields/", settings_views.fields, name="fields"),
    path("settings/fields/add/<slug:target>/", settings_views.add_field, name="add_field"),
    path("settings/fields/<int:field_id>/", settings_views.edit_field, name="edit_field"),
    path("settings/fields/<int:field_id>/move/", settings_views.move_field, name="move_field"),
    path("audit/", audit_views.audit_trail, name="audit"),
    path("audit/export/", audit_views.audit_export, name="audit_export"),
    path("audit/exports/", audit_views.export_log, name="export_log"),
    path("audit/<int:audit_id>/restore/", audit_views.restore_value, name="audit_restore"),
]
if settings.DEBUG:
    urlpatterns.append(path("style/", views.style, name="style"))
