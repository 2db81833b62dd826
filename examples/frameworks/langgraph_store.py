"""LangGraph: a graph whose nodes keep and search what they know in a memory.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/langgraph_store.py memory.db "My boat is called Ada."
    python examples/frameworks/langgraph_store.py memory.db "What is my boat called?"
"""

from typing import TypedDict
from uuid import uuid4

from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore
from script import arguments, reply

from sekha import SyncSekhaClient
from sekha.integrations.langgraph import SekhaStore

ABOUT = ("anna", "facts")


class State(TypedDict):
    said: str
    answer: str


def answer(state: State, *, store: BaseStore) -> State:
    known = [each.value["text"] for each in store.search(ABOUT, query=state["said"], limit=5)]
    return {"said": state["said"], "answer": reply(state["said"], known)}


def keep(state: State, *, store: BaseStore) -> State:
    store.put(ABOUT, str(uuid4()), {"text": state["said"]})
    return state


def main() -> None:
    path, said = arguments()
    with SyncSekhaClient.local(path) as memory:
        graph = StateGraph(State)
        graph.add_node("answer", answer)
        graph.add_node("keep", keep)
        graph.add_edge(START, "answer")
        graph.add_edge("answer", "keep")
        graph.add_edge("keep", END)
        agent = graph.compile(store=SekhaStore(memory))
        print(agent.invoke({"said": said, "answer": ""})["answer"])


if __name__ == "__main__":
    main()
