"""The addresses of the gateway, as OpenAI has them."""

from django.urls import path

from generation.streams.gateway import asking, chat, images, offers

urlpatterns = [
    path("chat/completions", chat.completions, name="gateway_chat"),
    path("images/generations", images.generations, name="gateway_images"),
    path("models", offers.model_list, name="gateway_models"),
    path("models/<str:model_id>", offers.model_detail, name="gateway_model"),
    path("<path:rest>", asking.unknown, name="gateway_unknown"),
]
