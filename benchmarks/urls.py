"""The product's addresses and the yardsticks."""

from django.urls import path

from leadbook.urls import handler400, handler403, handler404, handler500
from leadbook.urls import urlpatterns as of_the_product

from . import yardsticks

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *of_the_product,
    path("bench/bare/", yardsticks.bare),
    path("bench/smallest/", yardsticks.smallest),
    path("bench/admin/", yardsticks.stock.urls),
]
