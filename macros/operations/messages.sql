{#
    Made by `python -m tools generate` from locales/en.ftl: do not edit.
    The English sentences that models write, by the parts of their ids; `one` and `other` where a phrase has a form for several things.
#}
{% macro messages() %}
    {{ return({
        'alerts': {
            'sensor_below': {
                'message': '{entity} counted {visits} in the hour from {moment}',
                'title': {
                    'one': '{place}: a door counts low',
                    'other': '{place}: {count} doors count low',
                },
                'in_list': '{entity} counted {value}',
            },
            'sensor_silent': {
                'message': '{entity} has been silent for {hours} open hours, its last reading was at {moment}',
                'without_a_reading': '{entity} has been silent for {hours} open hours and has sent no reading yet',
                'title': {
                    'one': '{place}: a door is silent',
                    'other': '{place}: {count} doors are silent',
                },
                'in_list': '{entity} for {value} open hours',
            },
            'store_day_off_usual': {
                'message': '{store} had {percent} % more visits than usual on {day}',
                'below': '{store} had {percent} % fewer visits than usual on {day}',
                'title': {
                    'one': '{place}: a day far from usual',
                    'other': '{place}: {count} days far from usual',
                },
            },
            'coverage_below': {
                'message': '{store} was counted in {percent} % of its open hours on {day}',
                'title': {
                    'one': '{place}: low coverage',
                    'other': '{place}: {count} days of low coverage',
                },
            },
            'feed_old': {
                'message': '{source} brought nothing newer than {moment}',
                'of_one_feed': '{source} of {entity} brought nothing newer than {moment}',
                'never': '{source} of {entity} has brought nothing yet',
                'title': {
                    'one': '{place}: no new data',
                    'other': '{count} feeds have no new data',
                },
            },
            'source_stale': {
                'message': '{source} was last loaded on {moment}',
                'title': {
                    'one': '{place}: not loaded for too long',
                    'other': '{count} sources were not loaded for too long',
                },
            },
            'ingestion_failed': {
                'message': 'the ingestion of {source} failed: {error}',
                'without_an_error': 'the ingestion of {source} failed',
                'title': {
                    'one': '{place}: the last ingestion failed',
                    'other': '{count} ingestions failed',
                },
            },
            'air_limit_passed': {
                'message': '{pollutant} at {station} had a mean of {mean} {unit} on {day}',
                'title': {
                    'one': 'Air: a limit is exceeded',
                    'other': 'Air: {count} limits are exceeded',
                },
            },
            'rejected_above': {
                'message': '{records} records of {source} were rejected in 24 hours, of {rows} that came',
                'title': {
                    'one': '{place}: records rejected',
                    'other': '{count} sources had records rejected',
                },
            },
            'test_failed': {
                'message': 'the test {entity} failed',
                'of_a_model': 'the model {entity} failed',
                'title': {
                    'one': '{place}: a test failed',
                    'other': '{count} tests failed',
                },
                'in_list': '{entity}',
            },
        },
        'attention': {
            'title': 'What needs attention',
            'nothing': 'Nothing needs attention.',
            'full_stop': '{text}.',
            'list': '{list}.',
            'longer_list': '{list} and {more} more.',
        },
        'pipeline_state': {
            'never_built': 'Nothing has been built yet.',
            'build_failed': 'The newest build failed.',
            'build_failed_with': 'The newest build failed: {error}.',
            'tests_fail': '{failed} of {all} tests fail.',
            'sources_failed': '{failed} of {all} sources could not be loaded; their figures end earlier.',
            'sources_old': '{old} of {all} sources have brought nothing new for longer than they should.',
            'all_well': 'Every source is loaded, every test passes.',
        },
    }) }}
{% endmacro %}
