

import config.lib.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('staff', '0002_plain_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ConductReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('code_hash', models.CharField(max_length=200)),
                ('once', models.CharField(max_length=64, unique=True)),
                ('category', models.CharField(choices=[('inaction', 'does nothing'), ('delay', 'drags things out'), ('shirking', 'passes the buck'), ('extortion', 'asks for gifts or favours'), ('attitude', 'bad attitude'), ('other', 'something else')], default='other', max_length=10, verbose_name='kind of conduct')),
                ('identity', models.CharField(choices=[('named', 'named'), ('confidential', 'confidential'), ('anonymous', 'anonymous')], max_length=12, verbose_name='identity')),
                ('text', config.lib.sealed.EncryptedTextField(max_length=5000, verbose_name='what happened')),
                ('who', config.lib.sealed.EncryptedTextField(max_length=200, verbose_name='about whom')),
                ('happened', config.lib.sealed.EncryptedTextField(max_length=60, verbose_name='when it happened')),
                ('place', config.lib.sealed.EncryptedTextField(max_length=200, verbose_name='where it happened')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('yellow_at', models.DateTimeField(blank=True, null=True, verbose_name='yellow from')),
                ('notice_due_at', models.DateTimeField(verbose_name='notice due at')),
                ('due_is_provisional', models.BooleanField(default=False, verbose_name='on a provisional calendar')),
                ('status', models.CharField(choices=[('received', 'received'), ('accepted', 'accepted, under examination'), ('concluded', 'concluded'), ('needs_district', 'held for the district')], default='received', max_length=14, verbose_name='status')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                ('concluded_at', models.DateTimeField(blank=True, null=True, verbose_name='concluded at')),
                ('outcome', models.CharField(blank=True, choices=[('true', 'true'), ('partly', 'partly true'), ('untrue', 'not true'), ('referred', 'handed to the district discipline inspection'), ('other_way', 'not a matter of conduct, another way was shown')], max_length=10, verbose_name='outcome')),
                ('severity', models.CharField(blank=True, choices=[('mild', 'mild'), ('serious', 'serious'), ('grave', 'grave')], max_length=8, verbose_name='severity')),
                ('summary', config.lib.sealed.EncryptedTextField(max_length=2000, verbose_name='summary for the reporter')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version')),
                ('head', models.CharField(blank=True, max_length=64)),
                ('community', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='staff.community', verbose_name='community')),
                ('street', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='staff.street', verbose_name='street')),
                ('unit', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='staff.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'conduct report',
                'verbose_name_plural': 'conduct reports',
                'ordering': ['-received_at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ConductPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('picture', config.lib.sealed.EncryptedTextField(verbose_name='picture')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ConductMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('text', config.lib.sealed.EncryptedTextField(max_length=2000, verbose_name='text')),
                ('by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['at', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ConductEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(verbose_name='place in the chain')),
                ('kind', models.CharField(choices=[('submitted', 'received'), ('held', 'held for the district'), ('accepted', 'accepted, the reporter was told'), ('said', 'message to the reporter'), ('answered', 'message from the reporter'), ('found', 'finding added'), ('named', 'person concerned named'), ('added', 'colleague asked to help'), ('removed', 'colleague taken out'), ('recused', 'somebody stepped aside'), ('identity', 'identity opened'), ('concluded', 'concluded')], max_length=10, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('data', models.JSONField(default=dict, verbose_name='details')),
                ('prev', models.CharField(blank=True, max_length=64, verbose_name='hash before')),
                ('hash', models.CharField(max_length=64, unique=True, verbose_name='hash')),
                ('by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['report', 'seq'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CircleMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('added_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='circle', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['since', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Accused',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accused', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AccessLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('what', models.CharField(choices=[('report', 'read the report'), ('photo', 'looked at a photo'), ('log', 'read this log'), ('identity', "opened the reporter's identity")], max_length=10, verbose_name='what')),
                ('reason', config.lib.sealed.EncryptedTextField(max_length=200, verbose_name='reason')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('category', models.CharField(choices=[('inaction', 'does nothing'), ('delay', 'drags things out'), ('shirking', 'passes the buck'), ('extortion', 'asks for gifts or favours'), ('attitude', 'bad attitude'), ('other', 'something else')], max_length=10, verbose_name='kind of conduct')),
                ('text', config.lib.sealed.EncryptedTextField(max_length=5000, verbose_name='text')),
                ('by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['at', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Recusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('reason', config.lib.sealed.EncryptedTextField(max_length=200, verbose_name='reason')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recusals', to='supervision.conductreport')),
            ],
            options={
                'ordering': ['at', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StreetLeader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('title', models.CharField(max_length=60, verbose_name='title')),
                ('street', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.street', verbose_name='street')),
            ],
            options={
                'ordering': ['street', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ReporterIdentity',
            fields=[
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='reporter', serialize=False, to='supervision.conductreport')),
                ('name', config.lib.sealed.EncryptedTextField(max_length=60, verbose_name='name')),
                ('contact', config.lib.sealed.EncryptedTextField(max_length=60, verbose_name='contact')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Func(models.F('name'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_name_is_sealed'), models.CheckConstraint(condition=models.Func(models.F('contact'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_contact_is_sealed')],
            },
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('concluded_at__isnull', False), ('status', 'concluded'), models.Q(('outcome', ''), _negated=True)), models.Q(models.Q(('status', 'concluded'), _negated=True), ('concluded_at__isnull', True), ('outcome', '')), _connector='OR'), name='conduct_concluded_says_when_and_how'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), ('accepted_at__isnull', False), _connector='OR'), name='conduct_accepted_says_when'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['true', 'partly']), models.Q(('severity', ''), _negated=True)), models.Q(('outcome', 'referred'), ('severity', 'grave')), models.Q(models.Q(('outcome__in', ['true', 'partly', 'referred']), _negated=True), ('severity', '')), _connector='OR'), name='conduct_severity_of_what_is_true'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('accepted_at__gte', models.F('received_at')), _connector='OR'), name='conduct_accepted_after_received'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Func(models.F('text'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_text_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Func(models.F('who'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_who_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Func(models.F('happened'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_happened_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Func(models.F('place'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_place_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductreport',
            constraint=models.CheckConstraint(condition=models.Func(models.F('summary'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_summary_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductmessage',
            constraint=models.CheckConstraint(condition=models.Func(models.F('text'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_message_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='conductevent',
            constraint=models.UniqueConstraint(fields=('report', 'seq'), name='conduct_event_has_its_place'),
        ),
        migrations.AddConstraint(
            model_name='circlemember',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('report', 'person'), name='in_the_circle_once'),
        ),
        migrations.AddConstraint(
            model_name='accused',
            constraint=models.UniqueConstraint(fields=('report', 'person'), name='accused_once_per_report'),
        ),
        migrations.AddConstraint(
            model_name='accesslog',
            constraint=models.CheckConstraint(condition=models.Func(models.F('reason'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_look_reason_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='accesslog',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('what', 'identity'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='identity_is_opened_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Func(models.F('text'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='conduct_finding_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.UniqueConstraint(fields=('report', 'person'), name='recused_once_per_report'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.CheckConstraint(condition=models.Func(models.F('reason'), output_field=models.BooleanField(), template="(%(expressions)s = '' OR %(expressions)s ~ '^[12]\\.[a-z0-9]{1,16}\\.[A-Za-z0-9_-]{38,}$')"), name='recusal_reason_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='streetleader',
            constraint=models.UniqueConstraint(fields=('street', 'name'), name='street_leader_once'),
        ),
    ]
