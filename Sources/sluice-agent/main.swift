import AgentCore

runAgent()
