from django.urls import path

from dingke.workspace.views import search as search_views
from dingke.workspace.views import today as today_views

app_name = "workspace"
urlpatterns = [
    path("", today_views.today, name="today"),
    path("search/", search_views.search, name="search"),
]
