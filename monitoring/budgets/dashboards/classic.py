"""Dashboards as Grafana's classic JSON, by the Grafana Foundation SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.panels import Panel

from ..model import Links

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
SELECTOR: Final = 'job=~"$job",instance=~"$instance"'
COLUMNS: Final = 24
_COLOURS: Final = ("orange", "red")


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading; a collapsed one shows them when it is clicked."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard: the values of `label` over the series of `metric`."""

    name: str
    label: str
    metric: str
    multi: bool = True


JOB: Final = Variable("job", "Job", "tacho_slots")
INSTANCE: Final = Variable("instance", "Instance", 'tacho_slots{job=~"$job"}')


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard before it is Grafana's. `uid` is what links name, and never changes."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = field(default=(JOB, INSTANCE))


def to_json(dashboard: Dashboard, links: Links) -> str:
    """The file that Grafana's provisioning reads. The same for the same input, whoever renders."""
    builder = (
        builders.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(dashboard.description)
        .tags(["tachograph"])
        .readonly()
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .variables([_source(), *map(_variable, dashboard.variables)])
        .annotations([_deployments()])
        .links(list(_links(links)))
    )
    numbers, top = count(1), 0
    for row in dashboard.rows:
        top = _add_row(builder, row, top, numbers, links)
    return _text(builder)


def _text(builder: builders.Dashboard) -> str:
    plain = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    for variable in plain["templating"]["list"]:
        # What belongs to variables of another type, and Grafana's schema does not know.
        for key in ("auto", "auto_count", "auto_min"):
            variable.pop(key, None)
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _add_row(builder: builders.Dashboard, row: Row, top: int, numbers: Iterator[int], links: Links) -> int:
    """Adds a heading, if it has one, and its panels from line `top` on; returns the first free line."""
    heading = builders.Row(row.title).id(next(numbers)).collapsed(row.collapsed)
    heading.grid_pos(models.GridPos(x=0, y=top, w=COLUMNS, h=1))
    placed, below = _placed(row.panels, top + bool(row.title))
    panels = [_panel(panel, position, next(numbers), links) for panel, position in placed]
    # A collapsed row carries its panels, an open one stands before them.
    for panel in panels if row.collapsed else ():
        heading.with_panel(panel)
    if row.title:
        builder.with_row(heading)
    for panel in () if row.collapsed else panels:
        builder.with_panel(panel)
    return top + 1 if row.collapsed else below


def _placed(panels: Sequence[Panel], top: int) -> tuple[list[tuple[Panel, models.GridPos]], int]:
    """Each panel with its place, line by line, and the first free line."""
    found, left, tallest = [], 0, 0
    for panel in panels:
        if left + panel.width > COLUMNS:
            left, top, tallest = 0, top + tallest, 0
        found.append((panel, models.GridPos(x=left, y=top, w=panel.width, h=panel.height)))
        left, tallest = left + panel.width, max(tallest, panel.height)
    return found, top + tallest


def _panel(panel: Panel, position: models.GridPos, number: int, links: Links) -> Any:
    makers = {"timeseries": _timeseries, "stat": stat.Panel, "table": table.Panel}
    builder: Any = makers[panel.kind]()
    builder.id(number).title(panel.title).description(panel.description).unit(panel.unit)
    builder.grid_pos(position).datasource(SOURCE).thresholds(_thresholds(panel))
    if panel.runbook:
        address = f"{links.runbooks}/{panel.runbook}.md"
        builder.links([builders.DashboardLink(f"Runbook {panel.runbook}").url(address).target_blank(True)])
    for place, query in enumerate(panel.queries):
        target = prometheus.Dataquery().datasource(SOURCE).ref_id(chr(ord("A") + place))
        target.expr(query.expr.replace("$selector", SELECTOR)).legend_format(query.legend or "__auto")
        if panel.kind == "table":
            target.instant().format(PromQueryFormat.TABLE)
        else:
            target.range()
        builder.with_target(target)
    return builder


def _timeseries() -> timeseries.Panel:
    style = common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    tooltip = common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    return (
        timeseries.Panel().thresholds_style(style).tooltip(tooltip).min(0).fill_opacity(8).span_nulls(False)
    )


def _thresholds(panel: Panel) -> builders.ThresholdsConfig:
    colours = _COLOURS[-len(panel.limits) :] if panel.limits else ()
    steps = list(zip(panel.limits, colours, strict=True))
    if panel.bad == "above":
        found = [models.Threshold(value=None, color="green")]
        found += [models.Threshold(value=limit, color=colour) for limit, colour in steps]
    else:
        # Upwards: bad, less bad, good.
        worst_first = sorted(steps)
        values: list[float | None] = [None, *(limit for limit, _ in worst_first)]
        names = [*(colour for _, colour in worst_first), "green"]
        found = [models.Threshold(value=v, color=c) for v, c in zip(values, names, strict=True)]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(found)


def _source() -> builders.DatasourceVariable:
    return builders.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _variable(variable: Variable) -> builders.QueryVariable:
    query = f"label_values({variable.metric}, {variable.name})"
    builder = (
        builders.QueryVariable(variable.name)
        .label(variable.label)
        .datasource(SOURCE)
        .query({"query": query, "refId": variable.name})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
    if variable.multi:
        everything = models.VariableOption(selected=True, text=["All"], value=["$__all"])
        builder.multi(True).include_all(True).all_value(".*").current(everything)
    return builder


def _deployments() -> builders.AnnotationQuery:
    """As whoever deploys posts them to Grafana, with the tag `deploy`."""
    grafana = common.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    # The SDK knows Grafana's own annotations as a target, its types do not.
    tagged: Any = builders.AnnotationTarget().limit(100).match_any(False).tags(["deploy"]).type("tags")
    query = builders.AnnotationQuery().name("Deployments").datasource(grafana).enable(True)
    return query.icon_color("blue").target(tagged)


def _links(links: Links) -> Iterator[builders.DashboardLink]:
    link = models.DashboardLinkType
    yield (
        builders.DashboardLink("Dashboards")
        .type(link.DASHBOARDS)
        .tags(["tachograph"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )
    yield builders.DashboardLink("Console").type(link.LINK).url(f"{links.console}/").target_blank(True)
    yield builders.DashboardLink("Runbooks").type(link.LINK).url(links.runbooks).target_blank(True)
