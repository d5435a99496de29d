"""What is printed at the end."""

from collections.abc import Sequence

from bench.chaos.options import SETTINGS, Options
from bench.chaos.platforms import chosen
from bench.chaos.run import Result
from bench.chaos.verdict import Verdict

SHOWN = 10  # cases of each kind
SAYS = {
    "lost": "LOST (not on the books, and nobody told)",
    "doubled": "DOUBLED (on the books more than once)",
    "stuck": "STUCK (not over at the end)",
    "failed": "failed for good",
    "foreign": "on the books otherwise than asked for",
    "untrue": "database and books disagree",
    "spared": "meant to strike, and never did",
}


def head(options: Options) -> str:
    asked = (
        f"{options.publications} publications on {options.accounts} accounts in {options.workspaces} workspaces, due within"
        f" {options.storm:.0f} s, {options.workers} workers, {options.dispatchers} dispatchers, 1 API"
    )
    settings = ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
    sandbox = ", ".join(f"{name}={value}" for name, value in chosen(options).items())
    blind = "\nBLIND WORKERS: what was not answered is sent again. The verdict has to see it." if options.blind else ""
    return f"{asked}\n{settings}\nsandbox: {sandbox}{blind}"


def render(results: Sequence[Result]) -> str:
    names = list(dict.fromkeys(name for result in results for name in result.counts))
    lines = [("seed", *(str(result.seed) for result in results))]
    lines += [(name, *(_number(result.counts.get(name, 0)) for result in results)) for name in names]
    lines += [(text, *(str(len(getattr(result.verdict, name))) for result in results)) for name, text in SAYS.items()]
    wide = max(len(line[0]) for line in lines)
    return "\n".join(f"{line[0]:<{wide}}  " + "".join(f"{each:>10}" for each in line[1:]) for line in lines)


def _number(value: int) -> str:
    return f"{value:,}"


def cases(seed: int, verdict: Verdict) -> list[str]:
    """Each of them by name, as far as they fit."""
    found: list[str] = []
    for name, text in SAYS.items():
        each: list[str] = getattr(verdict, name)
        found += [f"seed {seed}: {text}: {case}" for case in each[:SHOWN]]
        found += [f"seed {seed}: {text}: and {len(each) - SHOWN} more"] if len(each) > SHOWN else []
    return found
