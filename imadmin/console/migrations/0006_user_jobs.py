from django.db import migrations, models


class Migration(migrations.Migration):
    """Imports become one kind of the jobs that make users; a batch is the other."""

    dependencies = [
        ('accounts', '0007_console_search'),
        ('console', '0005_send_duration'),
    ]

    operations = [
        migrations.RenameModel('ImportJob', 'UserJob'),
        migrations.RenameModel('ImportResult', 'UserJobResult'),
        migrations.RenameIndex(
            model_name='userjob',
            old_name='console_imp_app_id_8544b9_idx',
            new_name='console_use_app_id_c06c7b_idx',
        ),
        migrations.RenameIndex(
            model_name='userjobresult',
            old_name='console_imp_job_id_645a2e_idx',
            new_name='console_use_job_id_f3bd5b_idx',
        ),
        migrations.AddField(
            model_name='userjob',
            name='kind',
            field=models.CharField(default='import', max_length=8),
        ),
        migrations.AddField(
            model_name='userjob',
            name='error',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AlterField(
            model_name='userjob',
            name='filename',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='userjobresult',
            name='password',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='userjobresult',
            name='kept_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='userjobresult',
            index=models.Index(
                condition=models.Q(('kept_until__isnull', False)),
                fields=['kept_until'],
                name='kept_passwords',
            ),
        ),
    ]
