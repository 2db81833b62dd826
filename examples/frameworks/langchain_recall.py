"""LangChain: a chain that retrieves from a memory before it answers.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/langchain_recall.py memory.db "My boat is called Ada."
    python examples/frameworks/langchain_recall.py memory.db "What is my boat called?"
"""

from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from script import arguments, reply

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha.integrations.langchain import SekhaRetriever


def together(documents: list[Document]) -> str:
    return "\n".join(each.page_content for each in documents)


def main() -> None:
    path, said = arguments()
    with SyncSekhaClient.local(path) as memory:
        model = RunnableLambda(lambda prompt: reply(prompt["said"], prompt["context"]))
        retriever = SekhaRetriever(client=memory, k=5)
        chain = {"context": retriever | together, "said": RunnablePassthrough()} | model
        answer = chain.invoke(said)
        messages = [MessageDto("user", said), MessageDto("assistant", answer)]
        memory.create_conversation(NewConversation("Chat", messages, folder="/chats"))
        print(answer)


if __name__ == "__main__":
    main()
