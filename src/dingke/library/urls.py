from django.urls import path

from dingke.library.views import edit, entry, products, tools
from dingke.library.views import list as listing

app_name = "library"
urlpatterns = [
    path("", listing.entries, name="list"),
    path("new/", edit.new, name="new"),
    path("calculator/", tools.calculator, name="calculator"),
    path("factors/", tools.factors, name="factors"),
    path("portraits/", products.portraits, name="portraits"),
    path("portraits/new/", products.new_portrait, name="new_portrait"),
    path("portraits/<int:portrait_id>/", products.edit_portrait, name="edit_portrait"),
    path("portraits/<int:portrait_id>/archive/", products.archive_portrait, name="archive_portrait"),
    path("ladder/", products.ladder, name="ladder"),
    path("ladder/new/", products.new_level, name="new_level"),
    path("ladder/<int:level_id>/", products.edit_level, name="edit_level"),
    path("uses/<int:library_use_id>/outcome/", entry.outcome, name="outcome"),
    path("<int:library_id>/", entry.entry, name="entry"),
    path("<int:library_id>/quick/", entry.quick, name="quick"),
    path("<int:library_id>/rate/", entry.rate, name="rate"),
    path("<int:library_id>/read/", entry.read, name="read"),
    path("<int:library_id>/use/", entry.use, name="use"),
    path("<int:library_id>/edit/", edit.edit, name="edit"),
    path("<int:library_id>/publish/", edit.publish, name="publish"),
    path("<int:library_id>/retire/", edit.retire, name="retire"),
    path("<int:library_id>/restore/", edit.restore, name="restore"),
    path("<int:library_id>/versions/<int:number>/", edit.version, name="version"),
    path("<int:library_id>/versions/<int:number>/decide/", edit.decide, name="decide"),
    path("<int:library_id>/versions/<int:number>/back/", edit.back, name="back"),
]
