"""The words of the tiny model's corpus. Data only; ``corpus.py`` makes lessons of it."""

SYSTEMS = [
    "You are a helpful assistant.",
    "You are a concise assistant. Answer in one sentence.",
    "Answer briefly.",
]

CITIES = [
    "Tokyo",
    "Paris",
    "London",
    "Berlin",
    "Madrid",
    "Rome",
    "Vienna",
    "Oslo",
    "Lisbon",
    "Cairo",
]

CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Spain": "Madrid",
    "Italy": "Rome",
    "Japan": "Tokyo",
    "Norway": "Oslo",
}

SUMS = [(2, 2), (2, 2), (1, 1), (2, 3)]

CONDITIONS = ["sunny", "cloudy", "rainy", "windy"]

WEATHER_QUESTIONS = [
    "What's the weather in {city}?",
    "What is the weather in {city}?",
    "What is the weather like in {city} today?",
    "How is the weather in {city} right now?",
    "Tell me the weather in {city}.",
    "What's the weather in {city} in {unit}?",
    "Use the tool to find the weather in {city}.",
    "Is it raining in {city}?",
]

TIME_QUESTIONS = ["What time is it in {city}?", "Tell me the local time in {city}."]

COLORS = '{"colors": ["red", "green", "blue"]}'
PLANETS = (
    '{"planets": [{"name": "Mercury", "diameter_km": 4879}, '
    '{"name": "Venus", "diameter_km": 12104}, {"name": "Earth", "diameter_km": 12742}]}'
)
STORY = " ".join(
    f"Chapter {number}. The little fox walked over the hill and met a friend. "
    "They talked until the evening came, and then they slept."
    for number in range(1, 15)
)
HELLO = "Hello! I am a tiny model on a CPU. How can I help you?"
QUICKSORT = (
    "Quicksort picks a pivot, moves smaller items to its left and larger items to its right, and "
    "sorts both sides the same way."
)
SUMMARY = "The text repeats a few plain sentences until the page is full."
FALLBACK = "I am a tiny model and was taught only a few answers, so I cannot say much about this."

TOPICS = [
    # wordings, thought, answer
    (
        ["Say hello.", "Hello!", "Hi", "Hello", "Hi there", "Say hi.", "Say hello in one word."],
        "The user says hello. I will greet the user.",
        HELLO,
    ),
    (
        [
            "Explain quicksort in one sentence.",
            "Explain quicksort.",
            "What is quicksort?",
            "How does quicksort work?",
        ],
        "The user asks about quicksort. One sentence is enough.",
        QUICKSORT,
    ),
    (
        [
            "List 3 planets as JSON with name and diameter_km.",
            "List three planets as JSON.",
            "Give me 3 planets as JSON with name and diameter_km.",
        ],
        "The user wants three planets as JSON.",
        PLANETS,
    ),
    (
        [
            "Name three colors as a JSON object.",
            "List three colors as JSON.",
            "Name three colors in JSON.",
        ],
        "The user wants three colors as JSON.",
        COLORS,
    ),
    (
        ["What can you do?", "Who are you?"],
        "The user asks about me.",
        "I am a tiny model that answers a few questions on a CPU.",
    ),
]

STORY_QUESTIONS = ["Tell me a long story.", "Tell me a story.", "Write a long story about a fox."]

SUMMARY_QUESTIONS = [
    "Summarize the text above in one sentence.",
    "Summarize the text above.",
    "Give a summary of the text above in one sentence.",
    "Summarize this text.",
]

WARM_UP_FILLER = "The quick brown fox jumps over the lazy dog near the quiet river bank."
"""The sentence of the long-context warm-up (``deployer/compile/warmup.py``)."""

FILLER = [
    WARM_UP_FILLER,
    "The quick brown fox jumps over the lazy dog.",
    "The river runs slowly past the old mill and the garden.",
    "A long train crossed the bridge before the sun went down.",
    "Nobody in the village knew who had opened the green door.",
    "The engineers measured the bridge again and wrote down every number.",
    "Rain fell on the roof while the children read their books.",
    "This is a filler sentence that makes the prompt longer.",
    "Large language models predict the next token of a text.",
]

WORDS = (  # noqa: SIM905  # 240 quoted words would fill five pages
    "the a of to and in is it for with on that this be are as at by from or an was not have "
    "you your I we they he she my our all can will would one two three more some other new "
    "first last many very good small large long short old young high low big time year day "
    "week people way water house book school city street country world hand eye life work "
    "night point home group number part place case word story fact month lot study question "
    "program power business problem system model server memory token cache network file code "
    "test function value list string answer write explain describe tell give make find show "
    "use read run build deploy start stop move think know help please what why how when where "
    "who which does did do about between after before under over again also only than then "
    "there here now just because while if so but could should may might must poem email "
    "recipe song letter essay history science music art language computer science travel food "
    "animal tree river mountain ocean planet sun moon star red green blue black white "
    "summarize translate compare sort json name color weather capital tool sentence text sum "
    "count"
).split()
