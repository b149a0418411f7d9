from django.urls import path
from shelf import views

urlpatterns = [
    path("books", views.list_books),
    path("books/<int:pk>", views.show_book),
    path("books/new", views.add_book),
    path("shelves", views.count_books),
]
