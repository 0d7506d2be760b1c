"""The URLs of the studio and of jobs."""

from django.urls import path

from generation import views

app_name = "generation"
urlpatterns = [
    path("studio/", views.studio, name="studio"),
    path("studio/quote/", views.quote, name="quote"),
    path("studio/queue/", views.queue, name="queue"),
    path("photos/", views.photos, name="photos"),
    path("photos/<uuid:photo_id>/delete/", views.delete_photo, name="delete_photo"),
    path("photos/<uuid:photo_id>/restore/", views.restore_photo, name="restore_photo"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/card/", views.job_card, name="job_card"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel_job, name="cancel_job"),
    path("jobs/<uuid:job_id>/retry/", views.retry_job, name="retry_job"),
]
