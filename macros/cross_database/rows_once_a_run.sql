{#
    The rows of a query that several models of a run ask for and that has the same answer for all of them: it is run once. `graph` is what the nodes of a run
    share; a process may have several runs.
#}
{% macro rows_once_a_run(query) %}
    {% set answers = graph.get('answers', {}) %}
    {% if answers.get('invocation_id') != invocation_id %}
        {% set answers = {'invocation_id': invocation_id} %}
        {% do graph.update({'answers': answers}) %}
    {% endif %}
    {% if query not in answers %}{% do answers.update({query: run_query(query).rows | map('list') | list}) %}{% endif %}
    {{ return(answers[query]) }}
{% endmacro %}
