"""Writes test/fixtures/chat_templates.json: what transformers' `apply_chat_template` makes of made-up templates.

    python test/python/chat_templates.py --output test/fixtures/chat_templates.json

The present is a fixed one, so that the file is always the same; `text` is null where the template raises. The templates
keep away from where @huggingface/jinja differs from Jinja, which docs/sampling.md lists.
"""

import argparse
import datetime
import json

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2025, 3, 9, 7, 5, 4)
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}

TEMPLATES = {
    "turns": "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}",
    "default system prompt": """{%- if messages[0]['role'] == 'system' %}
    {{- '[sys]' + messages[0]['content'] + '[/sys]\\n' }}
{%- else %}
    {{- '[sys]You answer questions.[/sys]\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '[' + message.role + ']' + message.content + '[/' + message.role + ']' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '[assistant]' }}
{%- endif %}
""",
    "namespace": """{% set ns = namespace(system='', turns=0) %}
{% for message in messages %}
{% if message['role'] == 'system' %}{% set ns.system = message['content'] %}{% endif %}
{% endfor %}
{{ bos_token }}{{ ns.system }}{% for message in messages if message['role'] != 'system' %}{% set ns.turns = ns.turns + 1 %}
#{{ ns.turns }}/{{ loop.index0 }}/{{ loop.length }}{% if loop.last %} last{% endif %}: {{ message['content'] | trim }}
{% endfor %}{{ '<think>\\n' if add_generation_prompt else '' }}""",
    "trimmed and stripped blocks": """A
    {% if true %}
  B {{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 5 }}
    {%- endif %}

  {% if true %}C{% endif %}

{# a comment #}
D   {{- ' E ' -}}   F
""",
    "strings": "{% for m in messages %}{{ m.content.strip() }}|{{ m['content'].upper() }}|{{ m.content.split(' ')[0] }}|"
    "{{ m.content[1:4] }}|{{ m.content[-3:] }}|{{ 'abc' | length }}|{{ 'W' if m.content.startswith('W') }}|"
    "{{ m.content | replace('a', '@') }}|{{ 'x' if 'x' in m.content else 'y' }}|{{ m.content.rstrip() }}|{{ m.role.title() }}\n"
    "{% endfor %}{{ ['b', 'a'] | join(', ') }} {{ 1 if none is none }} {{ 2 if unknown is defined }} {{ unknown | default('d') }}",
    "raises for two user turns": "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate.') }}{% endif %}{{ m['content'] + eos_token }}{% endfor %}",
    "raises for a system prompt": "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system prompt.') }}"
    "{% endif %}{{ bos_token }}{% for m in messages %}({{ m['role'] }}) {{ m['content'] }}{{ eos_token }}{% endfor %}",
    "date": "{{ bos_token }}{%- set date_string = strftime_now('%d %b %Y') %}Today: {{ date_string }}\n"
    "{{ strftime_now('%A, %B %d, %Y %H:%M:%S %p %j %y %I %a 100%%') }}\n{{ messages[-1].content }}",
    "tools": """{%- if tools %}
{{- 'Tools: ' }}{% for tool in tools %}{{ tool | tojson }}{% endfor %}
{%- elif tools is not none %}
no tools
{%- endif %}
{%- macro turn(message, mark='*') -%}
{{ mark }}{{ message.role | capitalize }}{{ mark }} {{ message.content }}
{%- endmacro -%}
{%- for message in messages %}
{{ turn(message) }}
{%- if message.tool_calls is defined and message.tool_calls %}called{% endif %}
{%- endfor %}
{{ turn({'role': 'assistant', 'content': ''}, mark='_') }}""",
    "reasoning": """{%- set ns = namespace(multi_step=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and message.content is string and not(message.content.startswith('<r>') and message.content.endswith('</r>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == 'assistant' and '</think>' in content %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {{- message.role ~ '(' ~ loop.index0 ~ (',last' if loop.index0 > ns.last - 1 and not loop.last else '') ~ '): ' ~ content }}
{% endfor %}
{%- if add_generation_prompt %}
    {{- '<a>' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think></think>' }}
    {%- endif %}
{%- endif %}""",
    "loop controls": "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}{% if loop.index > 2 %}{% break %}{% endif %}"
    "{{ m.content }};{% endfor %}{% generation %}answer{% endgeneration %}{{ pad_token }}",
    "dictionaries": "{% set names = {'user': 'Human', 'assistant': 'Model'} %}{% for m in messages %}"
    "{{ names.get(m.role, 'Other') }}: {{ m.content | tojson }}{{ m.items() | list | length }}\n{% endfor %}"
    "{% for key, value in names.items() %}{{ key }}={{ value }},{% endfor %}"
    "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('+') }}",
}

CHATS = {
    "a question": [{"role": "user", "content": "What is 12 + 30?"}],
    "a system prompt": [
        {"role": "system", "content": "Think step by step."},
        {"role": "user", "content": "  Spaces around, and \u00e9\u4e2d\U0001f600 \n\n"},
    ],
    "several turns": [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nBecause x < y & 'z' \"q\"."},
        {"role": "user", "content": "Solve $\\frac{a}{b} = 3$ {{ messages }} {% if %}"},
    ],
    "two user turns": [{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}],
}


class FixedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(tokenizer, template, chat):
    try:
        return tokenizer.apply_chat_template(chat, chat_template=template, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # whatever a template raises
        print(f"{type(error).__name__}: {error}")
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", required=True)
    chat_template_utils.datetime = FixedDatetime
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **SPECIAL)
    cases = [
        {"name": f"{name}: {chat}", "template": template, "messages": messages, "text": render(tokenizer, template, messages)}
        for name, template in TEMPLATES.items()
        for chat, messages in CHATS.items()
    ]
    content = {"now": list(NOW.timetuple()[:6]), "specialTokens": SPECIAL, "cases": cases}
    with open(parser.parse_args().output, "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
