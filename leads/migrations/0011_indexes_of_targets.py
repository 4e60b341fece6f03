"""The lists' indexes hold the target, too; see leads/models/indexes.py."""

from django.db import migrations, models

from leadbook.safe_operations import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('leads', '0010_phase_due_on'),
    ]

    # Added first, so that no list goes without an index meanwhile.
    operations = [
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'sort_name', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_own_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'follow_up_at', 'id', 'phase', 'phase_due_on'], name='lead_work_own_due'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'last_activity_at', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_own_active'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'value', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_own_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'created_at', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_own_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'marketplace', 'phase_due_on', 'id'], name='lead_work_own_target'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress')), fields=['owner', 'phase', 'created_at', 'id', 'follow_up_at', 'phase_due_on'], name='lead_work_own_phase'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'sort_name', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_all_name'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'follow_up_at', 'id', 'phase', 'phase_due_on'], name='lead_work_all_due'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'last_activity_at', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_all_active'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'value', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_all_value'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'created_at', 'id', 'phase', 'follow_up_at', 'phase_due_on'], name='lead_work_all_market'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['marketplace', 'phase_due_on', 'id'], name='lead_work_all_target'),
        ),
        AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('anonymised_at', None), ('status', 'in_progress'), ('accepted_at__isnull', False)), fields=['phase', 'created_at', 'id', 'follow_up_at', 'phase_due_on'], name='lead_work_all_phase'),
        ),
        AddIndex(
            model_name='leadevent',
            index=models.Index(condition=models.Q(('kind__in', ['entered', 'accepted', 'moved', 'moved_back', 'won', 'lost', 'reopened'])), fields=['lead', 'created_at', 'id'], name='event_steps_of_lead'),
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_name',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_due',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_active',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_value',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_market',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_own_phase',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_name',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_due',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_active',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_value',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_market',
        ),
        RemoveIndex(
            model_name='lead',
            name='lead_open_all_phase',
        ),
    ]
