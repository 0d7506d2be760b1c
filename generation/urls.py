"""The URLs of the studio, of clones and of jobs."""

from django.urls import path

from generation.views import clones, jobs, notices, photos, projects, studio, training

app_name = "generation"
urlpatterns = [
    path("studio/", studio.studio, name="studio"),
    path("studio/queue/", studio.queue, name="queue"),
    path("studio/enhance/", studio.enhance, name="enhance"),
    path("studio/<slug:kind>/", studio.studio, name="studio"),
    path("studio/<slug:kind>/quote/", studio.quote, name="quote"),
    path("photos/", photos.photos, name="photos"),
    path("photos/<uuid:photo_id>/delete/", photos.delete_photo, name="delete_photo"),
    path("photos/<uuid:photo_id>/restore/", photos.restore_photo, name="restore_photo"),
    path("clones/", clones.clones, name="clones"),
    path("clones/new/", training.choose_photos, name="new_clone"),
    path("clones/new/details/", training.details, name="clone_details"),
    path("clones/new/train/", training.train, name="train_clone"),
    path("clones/receipts/<uuid:removal_id>/", clones.receipt, name="receipt"),
    path("clones/<uuid:clone_id>/", clones.clone, name="clone"),
    path("clones/<uuid:clone_id>/name/", clones.rename_clone, name="rename_clone"),
    path("clones/<uuid:clone_id>/retrain/", clones.retrain_clone, name="retrain_clone"),
    path("clones/<uuid:clone_id>/packs/", clones.order_pack, name="order_pack"),
    path("clones/<uuid:clone_id>/delete/", clones.delete_clone, name="delete_clone"),
    path("clones/<uuid:clone_id>/withdraw/", clones.withdraw_consent, name="withdraw_consent"),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.new_project, name="new_project"),
    path("projects/<uuid:project_id>/", projects.project, name="project"),
    path("projects/<uuid:project_id>/edit/", projects.edit_project, name="edit_project"),
    path("projects/<uuid:project_id>/delete/", projects.delete_project, name="delete_project"),
    path("jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("jobs/<uuid:job_id>/card/", jobs.job_card, name="job_card"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel_job, name="cancel_job"),
    path("jobs/<uuid:job_id>/retry/", jobs.retry_job, name="retry_job"),
    path("jobs/<uuid:job_id>/preview/", jobs.preview_job, name="preview_job"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="bell"),
]
