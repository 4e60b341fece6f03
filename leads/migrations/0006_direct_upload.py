"""Uploads that go past the workers, straight to the bucket."""

import django.db.models.deletion
import django.utils.timezone
import leads.models.direct_upload
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0005_search_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DirectUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=leads.models.direct_upload.pending_key, max_length=100, unique=True)),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('size', models.PositiveBigIntegerField(verbose_name='size in bytes')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='time')),
                ('claimed_at', models.DateTimeField(null=True)),
                ('attachment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.attachment')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='direct_uploads', to='leads.lead', verbose_name='lead')),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='direct_upload_time')],
            },
        ),
    ]
