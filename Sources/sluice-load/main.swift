import LoadCore

runLoad()
