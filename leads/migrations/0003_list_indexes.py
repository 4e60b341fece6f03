"""Indexes that equal the lists; see leads/models/indexes.py."""

from django.conf import settings
from django.db import migrations, models

from leadbook.safe_operations import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('leads', '0002_provenance_and_erasure'),
        ('marketplaces', '0004_limits_of_retention'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # Added first, so that no list goes without an index meanwhile.
    operations = [
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'offered')), fields=['marketplace', 'created_at', 'id'], name='lead_offered_created'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'sort_name', 'id', 'phase', 'follow_up_at'], name='lead_open_own_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'follow_up_at', 'id', 'phase'], name='lead_open_own_due'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'last_activity_at', 'id', 'phase', 'follow_up_at'], name='lead_open_own_active'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'value', 'id', 'phase', 'follow_up_at'], name='lead_open_own_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'created_at', 'id', 'phase', 'follow_up_at'], name='lead_open_own_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'phase', 'created_at', 'id', 'follow_up_at'], name='lead_open_own_phase'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False)), fields=['owner', 'marketplace', 'sort_name', 'id', 'status'], name='lead_closed_own_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False)), fields=['owner', 'marketplace', 'closed_at', 'id', 'status'], name='lead_closed_own_date'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False)), fields=['owner', 'marketplace', 'value', 'id', 'status'], name='lead_closed_own_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False)), fields=['owner', 'marketplace', 'created_at', 'id', 'status'], name='lead_closed_own_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False)), fields=['owner', 'marketplace', 'status', 'created_at', 'id'], name='lead_closed_own_result'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'sort_name', 'id', 'phase', 'follow_up_at'], name='lead_open_all_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'follow_up_at', 'id', 'phase'], name='lead_open_all_due'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'last_activity_at', 'id', 'phase', 'follow_up_at'], name='lead_open_all_active'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'value', 'id', 'phase', 'follow_up_at'], name='lead_open_all_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'created_at', 'id', 'phase', 'follow_up_at'], name='lead_open_all_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['phase', 'created_at', 'id', 'follow_up_at'], name='lead_open_all_phase'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False), ('accepted_at__isnull', False)), fields=['marketplace', 'sort_name', 'id', 'status'], name='lead_closed_all_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False), ('accepted_at__isnull', False)), fields=['marketplace', 'closed_at', 'id', 'status'], name='lead_closed_all_date'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False), ('accepted_at__isnull', False)), fields=['marketplace', 'value', 'id', 'status'], name='lead_closed_all_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False), ('accepted_at__isnull', False)), fields=['marketplace', 'created_at', 'id', 'status'], name='lead_closed_all_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('closed_at__isnull', False), ('accepted_at__isnull', False)), fields=['marketplace', 'status', 'created_at', 'id'], name='lead_closed_all_result'),
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_follow_up_of_owner',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_activity_of_owner',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_offers_of_marketplace',
        ),
    ]
