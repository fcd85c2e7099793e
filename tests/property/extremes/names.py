"""Thousands of names that are alike, misspelt, unused or given twice."""

from tests.property.extremes.base import AGENT, filled, misspelt, scrambled, shape, steps


@shape
def variables_that_are_alike_and_misspelt(size: int) -> str:
    half = steps(size // 3, lambda i: f"set: {{variable_{i:05d}: 1}}")
    return filled(size, half, lambda i: f"    - A: <<{misspelt(i)}>>\n")


@shape
def random_variables_misspelt(size: int) -> str:
    half = steps(size // 3, lambda i: f"set: {{{scrambled(i)}: 1}}")
    return filled(size, half, lambda i: f"    - A: <<{scrambled(i)[1:]}>>\n")


@shape
def misspelt_names_in_one_text(size: int) -> str:
    half = steps(size // 3, lambda i: f"set: {{variable_{i:05d}: 1}}")
    return filled(size, half + "    - A: |\n", lambda i: f"        <<{misspelt(i)}>>\n")


@shape
def long_names_misspelt(size: int) -> str:
    half = steps(size // 2, lambda i: f"set: {{{scrambled(i, 80)}: 1}}")
    return filled(size, half, lambda i: f"    - A: <<{scrambled(i, 80)[:-9]}{scrambled(i)}>>\n")


@shape
def names_of_one_letter_repeated(size: int) -> str:
    half = steps(size // 2, lambda i: f"set: {{{'a' * (i + 2)}: 1}}")
    return filled(size, half, lambda i: f"    - A: <<{'a' * (i + 2)}b>>\n")


@shape
def names_that_differ_by_case(size: int) -> str:
    def cased(number: int) -> str:
        return "".join(
            c.upper() if number >> i & 1 else c for i, c in enumerate("abcdefghijklmnop")
        )

    half = steps(size // 2, lambda i: f"set: {{{cased(2 * i)}: 1}}")
    return filled(size, half, lambda i: f"    - A: <<{cased(2 * i + 1)}>>\n")


@shape
def agents_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        "agents:\n",
        lambda i: f"  Agent{i:05d}: {{model: claude-haiku-4-5, system: s}}\n",
    )
    return filled(
        size, head + "workflows:\n  w:\n    steps:\n", lambda i: f"    - Agnet{i:05d} says: hi\n"
    )


@shape
def agents_unused(size: int) -> str:
    return filled(
        size, "agents:\n", lambda i: f"  Agent{i:05d}: {{model: claude-haiku-4-5, system: s}}\n"
    )


@shape
def agents_of_one_name(size: int) -> str:
    return filled(size, "agents:\n", lambda _: "  A: {model: claude-haiku-4-5, system: s}\n")


@shape
def agents_that_extend_each_other(size: int) -> str:
    return filled(size, "agents:\n", lambda i: f"  A{i}: {{extends: A{i + 1}, max_tokens: 9}}\n")


@shape
def agents_that_extend_misspelt_ones(size: int) -> str:
    return filled(size, "agents:\n", lambda i: f"  Agent{i}: {{extends: Agnet{i}, system: s}}\n")


@shape
def teams_of_all(size: int) -> str:
    names = [f"A{i}" for i in range(int((size / 6) ** 0.5))]
    team = ", ".join(names)
    return "agents:\n" + "".join(
        f"  {name}: {{model: claude-haiku-4-5, system: s, team: [{team}]}}\n" for name in names
    )


@shape
def one_large_team_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        "agents:\n",
        lambda i: f"  Agent{i:05d}: {{model: claude-haiku-4-5, system: s}}\n",
    )
    head += "  Boss: {model: claude-haiku-4-5, system: s, team: ["
    return filled(size, head, lambda i: f"Agnet{i:05d}, ", "Boss]}\n")


@shape
def chain_of_teams(size: int) -> str:
    return filled(
        size,
        "agents:\n",
        lambda i: f"  A{i}: {{model: claude-haiku-4-5, system: s, team: [A{i + 1}, A{i + 2}]}}\n",
    )


@shape
def tools_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        "tools:\n",
        lambda i: (
            f"  tool_{i:05d}: {{description: d, implementation: {{type: exec, command: ls}}}}\n"
        ),
    )
    head += "agents:\n"
    return filled(
        size, head, lambda i: f"  A{i}: {{model: m, system: s, tools: [tolo_{i:05d}, a__b{i}]}}\n"
    )


@shape
def one_agent_of_all_tools(size: int) -> str:
    head = filled(
        size // 2,
        "tools:\n",
        lambda i: (
            f"  tool_{i:05d}: {{description: d, implementation: {{type: exec, command: ls}}}}\n"
        ),
    )
    head += "agents:\n  A:\n    model: m\n    system: s\n    tools:\n"
    return filled(size, head, lambda i: f"    - tool_{i:05d}\n")


@shape
def parameters_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        "tools:\n  t:\n    description: d\n    params:\n",
        lambda i: f"      param_{i:05d}: {{type: string}}\n",
    )
    head += "    implementation:\n      type: exec\n      command: [ls"
    return filled(size, head, lambda i: f', "<<parma_{i:05d}>>"', "]\n")


@shape
def shell_commands_of_many_holes(size: int) -> str:
    head = "tools:\n  t:\n    description: d\n    params: {p: {type: string}}\n"
    head += "    implementation:\n      type: exec\n      command: |\n"
    return filled(
        size, head, lambda i: f"        echo '<<p>>' \"a<<p>>\" <<p>> | grep x{i} && \\\n"
    )


@shape
def one_shell_command_with_open_substitutions(size: int) -> str:
    head = "tools:\n  t:\n    description: d\n    params: {p: {type: string}}\n"
    head += "    implementation:\n      type: exec\n      command: |\n        "
    return filled(size, head, lambda _: '$(echo "`a <<p>> ', "\n")


@shape
def quotes_of_the_shell(size: int) -> str:
    head = "tools:\n  t:\n    description: d\n    params: {p: {type: string}}\n"
    head += "    implementation:\n      type: exec\n      command: |\n        "
    return filled(size, head, lambda _: 'sh -c \'a "b\' <<EOF ; eval \\"<<p>>\\" ', "\n")


@shape
def workflows_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        AGENT + "workflows:\n",
        lambda i: f"  flow_{i:05d}: {{steps: [{{A: hi}}]}}\n",
    )
    return filled(size, head + "  w:\n    steps:\n", lambda i: f"    - workflow: folw_{i:05d}\n")


@shape
def inputs_misspelt(size: int) -> str:
    head = filled(
        size // 2,
        AGENT + "workflows:\n  f:\n    inputs:\n",
        lambda i: f"      input_{i:05d}: string\n",
    )
    head += "    steps: [{A: hi}]\n  w:\n    steps:\n    - workflow: f\n      with:\n"
    return filled(size, head, lambda i: f"        inptu_{i:05d}: x\n")


@shape
def inputs_missing_at_many_calls(size: int) -> str:
    head = filled(
        size // 2,
        AGENT + "workflows:\n  f:\n    inputs:\n",
        lambda i: f"      input_{i:05d}: string\n",
    )
    head += "    steps: [{A: hi}]\n  w:\n    steps:\n"
    return filled(size, head, lambda _: "    - {workflow: f, with: {input_0: a}}\n")


@shape
def inputs_that_are_alike(size: int) -> str:
    return filled(
        size,
        AGENT + "workflows:\n  f:\n    steps: [{A: hi}]\n    inputs:\n",
        lambda i: f"      variable_{i:05d}: string\n",
    )


@shape
def implicit_inputs(size: int) -> str:
    return steps(size, lambda i: f"A: <<{scrambled(i, 12)}>>")


@shape
def implicit_inputs_that_are_alike(size: int) -> str:
    return steps(size, lambda i: f"A: <<{misspelt(i)}>>")


@shape
def filters_misspelt(size: int) -> str:
    return steps(size, lambda i: f"A: <<'a' | uper | trmi | defalut:{i}>>")


@shape
def filters_nobody_knows(size: int) -> str:
    return steps(size, lambda i: f"A: <<'a' | {scrambled(i)}>>")


@shape
def keys_misspelt(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, saev: v{i}, nmae: n{i}, timeuot: 3s}}")


@shape
def keys_of_the_file_misspelt(size: int) -> str:
    return filled(size, AGENT, lambda i: f"workflwos{i}: 1\n")


@shape
def keys_of_agents_misspelt(size: int) -> str:
    return filled(
        size, "agents:\n  A:\n    model: m\n    system: s\n", lambda i: f"    sytsem{i}: 1\n"
    )


@shape
def words_misspelt(size: int) -> str:
    return filled(
        size,
        "agents:\n",
        lambda i: (
            f"  A{i}: {{model: claude-hiaku-4-5, system: s, context: fersh, "
            f"retry: {{backoff: exponental}}}}\n"
        ),
    )


@shape
def models_misspelt(size: int) -> str:
    return filled(size, "agents:\n", lambda i: f"  A{i}: {{model: claude-haku-{i}, system: s}}\n")


@shape
def fields_misspelt(size: int) -> str:
    fields = filled(size // 3, "", lambda i: f"field_{i:05d}: string, ")
    head = f"{AGENT}workflows:\n  w:\n    steps:\n"
    head += f"    - A: {{send: hi, format: json, schema: {{{fields}}}, save: r}}\n"
    return filled(size, head, lambda i: f"    - A: <<r.feild_{i:05d}>>\n")


@shape
def choices_misspelt(size: int) -> str:
    choices = filled(size // 3, "", lambda i: f"choice_{i:05d}, ")
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{x: {{type: string, enum: [{choices}]}}}}\n"
    head += "    steps:\n"
    return filled(size, head, lambda i: f"    - A: <<x == 'chioce_{i:05d}'>>\n")


@shape
def choices_in_lists(size: int) -> str:
    choices = filled(size // 2, "", lambda i: f"choice_{i:05d}, ")
    head = f"{AGENT}workflows:\n  w:\n    inputs:\n"
    head += f"      x: {{type: string, enum: [{choices}]}}\n"
    return filled(size, head, lambda _: "      y: {type: string, enum: [a, b], default: c}\n")


@shape
def many_enums_joined(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    inputs:\n"
    head = filled(
        size // 2, head, lambda i: f"      x{i}: {{type: string, enum: [a{i}, b{i}, c{i}]}}\n"
    )
    head += "    steps:\n"
    return filled(size, head, lambda i: f"    - {{set: {{v: <<x{i}>>}}, if: x0}}\n")


@shape
def step_names_twice(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, name: n{i % 50}}}")


@shape
def step_names_misspelt(size: int) -> str:
    half = steps(size // 2, lambda i: f"{{A: hi, name: step_{i:05d}}}")
    return filled(size, half, lambda i: f"    - A: <<steps.setp_{i:05d}.output>>\n")


@shape
def computed_names(size: int) -> str:
    half = steps(size // 2, lambda i: f'{{A: hi, save: "r{i}_<<loop.index>>"}}')
    return filled(size, half, lambda i: f"    - A: <<r{i}_1>> <<q{i}_1>>\n")


@shape
def variables_never_used(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, save: variable_{i:05d}}}")


@shape
def variables_overwritten(size: int) -> str:
    return steps(size, lambda i: f"{{A: <<v>>, save: v, name: n{i}}}")


@shape
def variables_that_may_be_unset(size: int) -> str:
    return steps(size, lambda i: f"{{A: '<<v{i - 1}>>', save: v{i}, if: result}}")


@shape
def settings_misspelt(size: int) -> str:
    head = f"{AGENT}settings:\n  lints:\n"
    return filled(size, head, lambda i: f"    unusd-agent{i}: warnign\n")


@shape
def servers_and_tools_of_servers(size: int) -> str:
    head = filled(
        size // 2,
        "settings:\n  mcp:\n    servers:\n",
        lambda i: f"    - {{name: server{i:05d}, command: ls}}\n",
    )
    head += "agents:\n  A:\n    model: m\n    system: s\n    tools:\n"
    return filled(size, head, lambda i: f"    - sevrer{i:05d}__x\n")


@shape
def inputs_unused_in_many_steps(size: int) -> str:
    head = filled(
        size // 2,
        AGENT + "workflows:\n  f:\n    inputs:\n",
        lambda i: f"      input_{i:05d}: string\n",
    )
    return filled(size, head + "    steps:\n", lambda i: f"    - A: say {{{i}}} $a{i}\n")
