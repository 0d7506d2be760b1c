"""URLs of the API of making things."""

from django.urls import path

from generation.api import assets, clones, jobs, orders, photos, projects, uploads

urlpatterns = [
    path("credits/prices", orders.PriceList.as_view()),
    path("credits/quote", orders.QuoteMaker.as_view()),
    path("jobs", jobs.JobList.as_view()),
    path("jobs/<uuid:job_id>", jobs.JobDetail.as_view()),
    path("jobs/<uuid:job_id>/cancel", jobs.JobCancel.as_view()),
    path("jobs/<uuid:job_id>/retry", jobs.JobRetry.as_view()),
    path("jobs/<uuid:job_id>/preview", jobs.JobPreview.as_view()),
    path("prompts/enhance", orders.PromptEnhance.as_view()),
    path("clones", clones.CloneList.as_view()),
    path("clones/readiness", clones.Readiness.as_view()),
    path("clones/trigger-word", clones.TriggerWord.as_view()),
    path("clones/<uuid:clone_id>", clones.CloneDetail.as_view()),
    path("clones/<uuid:clone_id>/retrain", clones.CloneRetrain.as_view()),
    path("clones/<uuid:clone_id>/withdraw", clones.CloneWithdraw.as_view()),
    path("packs", clones.PackList.as_view()),
    path("consents", clones.ConsentList.as_view()),
    path("consents/agreements", clones.AgreementList.as_view()),
    path("removals", clones.RemovalList.as_view()),
    path("removals/<uuid:removal_id>", clones.RemovalDetail.as_view()),
    path("projects", projects.ProjectList.as_view()),
    path("projects/<uuid:project_id>", projects.ProjectDetail.as_view()),
    path("photos", photos.PhotoList.as_view()),
    path("photos/<uuid:photo_id>", photos.PhotoDetail.as_view()),
    path("uploads", uploads.UploadList.as_view()),
    path("uploads/<uuid:upload_id>", uploads.UploadDetail.as_view()),
    path("uploads/<uuid:upload_id>/complete", uploads.UploadComplete.as_view()),
    path("assets", assets.AssetList.as_view()),
    path("assets/delete", assets.AssetsDelete.as_view()),
    path("assets/<uuid:asset_id>", assets.AssetDetail.as_view()),
    path("assets/<uuid:asset_id>/restore", assets.AssetRestore.as_view()),
    path("assets/<uuid:asset_id>/retitle", assets.AssetRetitle.as_view()),
    path("assets/<uuid:asset_id>/reword", assets.AssetReword.as_view()),
    path("assets/<uuid:asset_id>/recut", assets.AssetRecut.as_view()),
]
