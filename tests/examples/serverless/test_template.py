"""template.yaml says what the code needs: its names, its table, its permissions, and no more."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cookie_sessions.cookies.budget import PROFILES
from cookie_sessions.keys import source_from_url
from cookie_sessions.settings import PREFIX, Settings
from cookie_sessions.stores import store_from_url
from jotter.application import PREFIX as JOTTER
from serverless.__main__ import HANDLERS, PROFILE
from serverless.__main__ import PROFILES as STARTED_WITH
from serverless.gateway import GATEWAYS
from serverless.sandbox import SECONDS

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "examples/serverless"
TEXT = (FOLDER / "template.yaml").read_text()
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:Keys-AbCdEf"
NAMES = {
    "Table": "jotter-Table-1ABC",
    "Keys": ARN,
    "IndexKey": ARN,
    "Snapshot": "https://cdn.test/r",
}


# A class of its own, so that other readers of YAML don't get these forms.
CloudFormation: Any = type("CloudFormation", (yaml.SafeLoader,), {})


def _function(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".") if suffix == "GetAtt" else text}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


CloudFormation.add_multi_constructor("!", _function)

TEMPLATE: dict[str, Any] = yaml.load(TEXT, Loader=CloudFormation)  # noqa: S506
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTION: dict[str, Any] = RESOURCES["Function"]["Properties"]
FRONTS: dict[str, Any] = TEMPLATE["Mappings"]["Fronts"]


def resolved(value: Any, *, front: str = "http", snapshot: bool = False) -> str | None:
    """What CloudFormation makes of a value, with names of a deployment put in."""
    match value:
        case {"Fn::If": ["BySnapshot", yes, no]}:
            return resolved(yes if snapshot else no, front=front, snapshot=snapshot)
        case {"Ref": "AWS::NoValue"}:
            return None
        case {"Ref": "SnapshotKeys"}:
            return '{"keys": []}'
        case {"Fn::FindInMap": ["Fronts", {"Ref": "Front"}, name]}:
            return str(FRONTS[front][name])
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\}", lambda found: NAMES[found[1]], text)
        case str():
            return value
        case _:
            raise AssertionError(f"{value} is not known here")


def variables(*, front: str = "http", snapshot: bool = False) -> dict[str, str]:
    """The function's environment."""
    given = {
        name: resolved(value, front=front, snapshot=snapshot)
        for name, value in FUNCTION["Environment"]["Variables"].items()
    }
    return {name: value for name, value in given.items() if value is not None}


def statements() -> dict[str, tuple[set[str], Any]]:
    """The actions and the resource of each statement, by the service."""
    (policy,) = FUNCTION["Policies"]
    found = {}
    for statement in policy["Statement"]:
        actions = statement["Action"]
        actions = {actions} if isinstance(actions, str) else set(actions)
        (service,) = {action.partition(":")[0] for action in actions}
        assert statement["Effect"] == "Allow"
        found[service] = (actions, statement["Resource"])
    return found


def test_every_variable_is_a_setting() -> None:
    known = {f"{JOTTER}_{PREFIX}{name.upper()}" for name in Settings._fields}
    assert set(FUNCTION["Environment"]["Variables"]) <= known


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("front", GATEWAYS)
def test_the_settings_are_taken_as_the_application_reads_them(
    front: str, snapshot: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jotter.application import create_app

    given = variables(front=front, snapshot=snapshot)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    app = create_app()
    settings = Settings.from_mapping(app.config)
    assert settings.keys == f"aws-secretsmanager:{ARN}"
    assert settings.revocations_are_a_snapshot is snapshot
    assert settings.unsafe_logout_keeps_copies is snapshot
    assert (settings.snapshot_keys is not None) is snapshot
    assert settings.profile == PROFILES["aws-alb" if front.startswith("alb") else "aws-http-api"]
    assert settings.cookie_prefix == "host"


def test_the_places_of_keys_and_entries_are_of_the_forms_that_are_read() -> None:
    given = variables()
    assert source_from_url(given["JOTTER_COOKIE_SESSIONS_KEYS"]).name.endswith(ARN)
    names = {}
    for setting in ("REVOCATIONS", "OVERFLOW"):
        url = given[f"JOTTER_COOKIE_SESSIONS_{setting}"]
        assert store_from_url(url).name == f"dynamodb:{NAMES['Table']}"
        names[setting] = url.rpartition("=")[2]
    # Neither begins the other, or they would share names.
    assert not names["REVOCATIONS"].startswith(names["OVERFLOW"])
    assert not names["OVERFLOW"].startswith(names["REVOCATIONS"])


def test_the_local_command_sets_the_same_profile() -> None:
    for shape in GATEWAYS:
        deployed = FRONTS[shape]["Profile"]
        assert STARTED_WITH.get(shape, "aws-http-api") == deployed
    assert PROFILE in FUNCTION["Environment"]["Variables"]


def test_the_table_is_the_one_that_the_store_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    from cookie_sessions.stores import dynamodb_set_up
    from cookie_sessions.stores.dynamodb_table import DynamoDBTable

    asked: dict[str, Any] = {}

    def ask(self: DynamoDBTable, operation: str, **arguments: Any) -> Any:
        asked[operation] = arguments
        described = {"TableStatus": "ACTIVE", **asked["create_table"]}
        status = {"TimeToLiveStatus": "DISABLED"}
        return {"Table": described, "TimeToLiveDescription": status}

    monkeypatch.setattr(DynamoDBTable, "ask", ask)
    table = DynamoDBTable("jotter", region="eu-west-1", endpoint=None)
    dynamodb_set_up.create_table(table, time_to_live=True)
    properties = dict(RESOURCES["Table"]["Properties"])
    time_to_live = properties.pop("TimeToLiveSpecification")
    assert properties == asked["create_table"]
    assert time_to_live == asked["update_time_to_live"]["TimeToLiveSpecification"]


def operations() -> set[str]:
    """The calls of DynamoDB in the code of the store, but those that set it up or scan."""
    found = set()
    for path in (ROOT / "cookie_sessions/stores").glob("dynamodb*.py"):
        if path.name == "dynamodb_set_up.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(
                    re.findall(r"(?:(?:get|put|update|delete|batch_\w+)_item|scan)$", node.value)
                )
    return found


def test_the_function_may_do_what_the_store_does_and_nothing_else() -> None:
    actions, resource = statements()["dynamodb"]
    wanted = {"".join(part.title() for part in name.split("_")) for name in operations()}
    assert "Scan" in wanted
    assert actions == {f"dynamodb:{name}" for name in wanted - {"Scan"}}
    assert resource == {"Fn::GetAtt": ["Table", "Arn"]}


def test_the_function_may_read_its_ring_and_no_other_secret() -> None:
    from cookie_sessions.keys.sources.aws import SecretsManagerSource

    assert statements()["secretsmanager"] == ({SecretsManagerSource.action}, {"Ref": "Keys"})
    assert set(statements()) == {"secretsmanager", "dynamodb"}


def test_handlers_and_fronts_are_those_of_the_local_command() -> None:
    adapters = TEMPLATE["Mappings"]["Adapters"]
    assert {name: f"{module}.handler" for name, module in HANDLERS.items()} == {
        name: adapter["Handler"] for name, adapter in adapters.items()
    }
    assert set(TEMPLATE["Parameters"]["Adapter"]["AllowedValues"]) == set(HANDLERS)
    assert set(TEMPLATE["Parameters"]["Front"]["AllowedValues"]) == set(GATEWAYS) == set(FRONTS)
    assert FUNCTION["Timeout"] == SECONDS
    for module in HANDLERS.values():
        assert (FOLDER / FUNCTION["CodeUri"] / f"{module.replace('.', '/')}.py").exists()


def test_only_one_front_has_lists_of_values() -> None:
    assert [name for name, front in FRONTS.items() if front["SeveralValues"] == "true"] == [
        "alb-multi"
    ]
    (attribute,) = RESOURCES["Target"]["Properties"]["TargetGroupAttributes"]
    assert attribute["Key"] == "lambda.multi_value_headers.enabled"


def test_what_holds_data_outlives_the_stack_and_every_front_has_its_condition() -> None:
    kept = {name for name, made in RESOURCES.items() if made.get("DeletionPolicy") == "Retain"}
    assert kept == {"Keys", "IndexKey", "Table"}
    unconditional = {name for name, made in RESOURCES.items() if "Condition" not in made}
    assert unconditional == kept | {"Function"}
    named = {made["Condition"] for made in RESOURCES.values() if "Condition" in made}
    assert named <= set(TEMPLATE["Conditions"])


def test_no_secret_stands_in_the_template() -> None:
    assert RESOURCES["Keys"]["Properties"].keys() == {"Description"}
    assert "SecretString" not in json.dumps(RESOURCES["Keys"])
    assert "GenerateSecretString" in RESOURCES["IndexKey"]["Properties"]
    # Nothing in it is long and random: no key, password or token.
    assert not re.findall(r"[A-Za-z0-9+/_-]{40,}", re.sub(r"\S*/invocations|JOTTER_\w+", "", TEXT))
    key = FUNCTION["Environment"]["Variables"]["JOTTER_COOKIE_SESSIONS_INDEX_KEY"]
    assert key == {"Fn::Sub": "{{resolve:secretsmanager:${IndexKey}}}"}


def test_an_index_key_of_letters_is_read_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RESOURCES["IndexKey"]["Properties"]["GenerateSecretString"]["ExcludeNumbers"] is True
    monkeypatch.setenv("JOTTER_COOKIE_SESSIONS_INDEX_KEY", "aBc" * 21)
    from jotter.application import create_app

    assert create_app().config["COOKIE_SESSIONS_INDEX_KEY"] == "aBc" * 21


def test_the_requirements_are_names_alone_and_name_what_the_handlers_import() -> None:
    lines = (FOLDER / FUNCTION["CodeUri"] / "requirements.txt").read_text().splitlines()
    assert lines == ["a2wsgi", "apig-wsgi", "cookie-sessions[aws,flask]", "mangum"]
