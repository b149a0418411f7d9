"""The shapes of /api/auth."""

from rest_framework import serializers

from accounts.models import User


class LoginSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, style={"input_type": "password"})


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(
        max_length=4096, help_text="the refresh token of login or of the last refresh"
    )


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "username", "first_name", "last_name", "email", "role", "is_staff")


class ProfileSerializer(serializers.Serializer):
    user = UserSerializer()
    role = serializers.CharField()


class SessionSerializer(ProfileSerializer):
    """`token` goes into `Authorization: Bearer`."""

    token = serializers.CharField()
    refresh = serializers.CharField()
