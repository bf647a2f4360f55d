"""The tree of packages: drawn from docstrings, with every package of every distribution."""

from pathlib import Path

from tools.generated.tree import packages_tree


def package(root: Path, path: str, docstring: str) -> None:
    folder = root / path
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f'"""{docstring}"""\n')


def test_packages_are_drawn_below_their_parent_with_their_docstrings(tmp_path: Path) -> None:
    package(tmp_path, "services/tea/src/tea", "Makes tea.\n\nAnd more.")
    package(tmp_path, "services/tea/src/tea/leaves", "Leaves of all kinds.")
    package(tmp_path, "services/tea/src/tea/leaves/green", "Green ones.")
    package(tmp_path, "services/tea/src/tea/water", "Hot water.")
    assert packages_tree(tmp_path) == (
        "```text\n"
        "services/tea/src/tea/  Makes tea\n"
        "├── leaves/            Leaves of all kinds\n"
        "│   └── green/         Green ones\n"
        "└── water/             Hot water\n"
        "```\n"
    )


def test_generated_code_is_left_out(tmp_path: Path) -> None:
    package(tmp_path, "services/tea/src/tea", "Makes tea.")
    package(tmp_path, "services/tea/src/tea/protos", "Made of tea.proto.")
    assert packages_tree(tmp_path) == "```text\nservices/tea/src/tea/  Makes tea\n```\n"


def test_a_folder_without_init_file_is_no_package(tmp_path: Path) -> None:
    package(tmp_path, "operator/src/porter", "Carries.")
    (tmp_path / "operator/src/porter/__pycache__").mkdir()
    (tmp_path / "operator/src/porter.egg-info").mkdir()
    assert packages_tree(tmp_path) == "```text\noperator/src/porter/  Carries\n```\n"


def test_the_tree_of_this_repository_fits_one_screen_and_describes_each_package() -> None:
    _, *lines, _ = packages_tree().splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 130
    assert all(len(line.split("/ ", 1)[1].strip()) > 10 for line in lines if line)
