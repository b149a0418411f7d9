from asgiref.sync import iscoroutinefunction
from django.http import HttpResponse
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def answering(get_response):
    """Answers /answered/... itself, before the resolver ran, as a maintenance page does."""
    if iscoroutinefunction(get_response):

        async def middleware(request):
            return await get_response(request)
    else:

        def middleware(request):
            if request.path_info.startswith("/answered/"):
                return HttpResponse("closed", status=503)
            return get_response(request)

    return middleware
